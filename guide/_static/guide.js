// What is wider than its box can be scrolled by the keyboard, too.
function reachable() {
  for (const box of document.querySelectorAll("article pre, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
  }
}

// The way past the menus comes before the switches of the menus.
function skipFirst() {
  document.body.prepend(document.querySelector(".skip-to-content"));
}

addEventListener("DOMContentLoaded", () => {
  skipFirst();
  reachable();
});
addEventListener("load", reachable);
addEventListener("resize", reachable);
