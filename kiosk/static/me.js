// A resident's code renews itself before it ends; without this script the page has a button instead.
(function () {
  "use strict";

  var place = document.querySelector("[data-code]");
  if (!place) return;

  var RENEW_AFTER_S = 45;
  var AGAIN_AFTER_S = 3;
  var form = place.querySelector("form");
  var picture = place.querySelector("[data-picture]");
  var count = place.querySelector("[data-count]");
  var life = place.querySelector("progress");
  var trouble = place.querySelector("[data-trouble]");
  var spare = place.querySelector("[data-spare-link]");
  var endsAt = 0;
  var renewAt = 0;
  var asking = false;
  var refused = false;

  function say(seconds) {
    count.textContent = place.getAttribute("data-says").replace("{seconds}", String(seconds));
  }

  function ask() {
    asking = true;
    var askedAt = Date.now();
    fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    })
      .then(function (answer) {
        if (answer.status === 401) {
          window.location.assign(place.getAttribute("data-sign-in"));
        }
        // A card that is stopped, or a code refused: the page without script says it in words, and no trying again helps.
        if (answer.status === 403 || answer.status === 409) refused = true;
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      })
      .then(function (code) {
        picture.innerHTML = code.picture;
        // Counted from the asking: the code may have lived a moment before it arrived.
        endsAt = askedAt + code.lives_s * 1000;
        renewAt = askedAt + RENEW_AFTER_S * 1000;
        trouble.hidden = true;
        spare.hidden = true;
      })
      .catch(function () {
        if (refused) {
          form.submit();
          return;
        }
        trouble.hidden = false;
        // Only where this phone keeps spare codes: their page opens without network then.
        spare.hidden = !window.localStorage.getItem("jifen-spare");
        renewAt = Date.now() + AGAIN_AFTER_S * 1000;
      })
      .then(function () {
        if (refused) return;
        asking = false;
        tick();
      });
  }

  function tick() {
    var now = Date.now();
    var left = Math.max(0, Math.ceil((endsAt - now) / 1000));
    place.classList.toggle("old", left === 0);
    life.value = left;
    say(left);
    if (!asking && !document.hidden && now >= renewAt) ask();
  }

  form.hidden = true;
  place.querySelector("[data-life]").hidden = false;
  document.addEventListener("visibilitychange", tick);
  window.setInterval(tick, 500);
  tick();
})();
