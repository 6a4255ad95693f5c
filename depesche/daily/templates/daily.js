"use strict";

// Passages are unfolded where there is room beside the brief, on paper, and when a line is tapped.
(() => {
  const room = matchMedia("print, (min-width: 62rem)");
  const unfold = () => {
    for (const evidence of document.querySelectorAll(".evidence")) evidence.open = room.matches;
  };
  room.addEventListener("change", unfold);
  unfold();
  const reveal = ({ target }) => {
    const evidence = target.closest(".line[data-s]")?.closest("article").querySelector(".evidence");
    if (evidence) evidence.open = true;
  };
  document.addEventListener("click", reveal, { capture: true });
})();
