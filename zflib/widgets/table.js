// Makes the headers of a table into buttons that sort its rows.
(() => {
  "use strict";

  const ORDERS = ["none", "ascending", "descending"]; // each press goes on to the next
  const text = new Intl.Collator("en");

  function start(root) {
    const body = root.querySelector("tbody");
    const asItWas = [...body.rows];
    const headers = [...root.querySelectorAll('th[scope="col"]')];
    const status = document.createElement("p"); // what a screen reader says; most don't notice aria-sort change
    status.setAttribute("role", "status");
    root.append(status);

    function compare(a, b, order) {
      const [one, other] = [a, b].map((cell) => cell.dataset.value); // of text there is none, of a missing value ""
      const rank = (value) => (value ? 0 : value === undefined ? 1 : 2);
      if (rank(one) !== rank(other)) return rank(one) - rank(other); // in either order
      return order * (rank(one) === 0 ? one - other : text.compare(a.textContent, b.textContent));
    }

    function sort(at, order) {
      const sign = { ascending: 1, descending: -1 }[order];
      const rows = sign ? [...asItWas].sort((a, b) => compare(a.cells[at], b.cells[at], sign)) : asItWas;
      body.append(...rows);
      headers.forEach((header, other) => header.setAttribute("aria-sort", other === at ? order : "none"));
      status.textContent = sign ? `Sorted by ${headers[at].textContent}, ${order}.` : "In the original order.";
    }

    headers.forEach((header, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      header.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        sort(at, ORDERS[(ORDERS.indexOf(header.getAttribute("aria-sort")) + 1) % ORDERS.length]);
      });
    });
  }

  for (const root of document.querySelectorAll(".zf-table:not([data-ready])")) {
    root.dataset.ready = "";
    start(root);
  }
})();
