"use strict";
// Airflow keeps its theme as a class of its own page; a frame of the same origin may look there.
const own = document.documentElement;
const outer = (() => {
  try { return window.parent === window ? null : window.parent.document; } catch { return null; }
})();

function chosen() {
  const classes = outer?.documentElement.classList;
  for (const theme of ["dark", "light"]) if (classes?.contains(theme)) return theme;
  try {
    const kept = localStorage.getItem("theme");
    return kept === "dark" || kept === "light" ? kept : "";
  } catch { return ""; }
}

function follow() { own.dataset.theme = chosen(); }

follow();
window.addEventListener("storage", follow);
if (outer) new MutationObserver(follow).observe(outer.documentElement, { attributeFilter: ["class"] });

// The frame may open no window: Airflow's own page opens what leads elsewhere.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.outside");
  if (!link || !outer) return;
  event.preventDefault();
  const twin = outer.createElement("a");
  twin.href = link.href;
  twin.target = "_blank";
  twin.rel = "noopener noreferrer";
  twin.click();
});

// What is linked to is unfolded.
function unfold() {
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (const fold of linked?.querySelectorAll(":scope > details") ?? []) fold.open = true;
}
window.addEventListener("hashchange", unfold);
document.addEventListener("DOMContentLoaded", unfold);
