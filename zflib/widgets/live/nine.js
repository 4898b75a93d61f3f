// What nine.py shows, for the page: the bet is scored, and the patches open.
zflibPanel.start("nine", (root, { words }) => {
  const outcome = root.querySelector(".zf-outcome"), patches = root.querySelector("details");
  root.prepend(outcome, root.querySelector(".zf-buttons")); // the bet comes first
  return ({ bet }) => {
    if (outcome.textContent !== words[bet]) outcome.textContent = words[bet];
    if (root.querySelector('[data-bet][aria-pressed="true"]')) patches.open = true;
  };
});
