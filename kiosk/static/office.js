// The office without this script works too: it folds the menu on small screens, keeps a second press
// from sending a form again, and moves the reader to what was just said.
(function () {
  "use strict";

  const menu = document.querySelector(".menu");
  const button = document.querySelector(".menu-button");
  if (menu && button) {
    const shut = (is) => {
      menu.toggleAttribute("data-shut", is);
      button.setAttribute("aria-expanded", String(!is));
    };
    button.hidden = false;
    button.addEventListener("click", () => shut(!menu.hasAttribute("data-shut")));
    shut(true);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.method !== "post") return;
    form.dataset.sent = "1";
    // A download answers without leaving the page, so the form opens again by itself.
    window.setTimeout(() => delete form.dataset.sent, 4000);
  });

  const said = document.querySelector("[data-focus]");
  if (said) said.focus();
})();
