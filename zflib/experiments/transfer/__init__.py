"""Do features serve elsewhere? Tables 4 to 7 and Figure 9: features of one set of pictures, classifiers of another.

`python -m zflib transfer` makes the runs: `sources` says what features there are, `gram` compares pictures by them,
`folds` divides the pictures, `classify` learns from some and is scored on others, `run` does it all and resumes.
`python -m zflib.experiments.transfer.finetune` trains whole networks on the same folds.
"""
