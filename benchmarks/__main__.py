"""`python -m benchmarks`. A process that measures memory imports this file again, so it holds nothing else."""

if __name__ == "__main__":
    from benchmarks.run import main

    main()
