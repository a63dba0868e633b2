// Spare codes on a resident's phone: fetched while there is network, shown once each where there is none. What is kept
// is pictures and days, and a mark that tells another resident's sign-in apart; no name, no balance, no card number.
(function () {
  "use strict";

  var KEPT = "jifen-spare";
  var SHOWN = "jifen-spare-shown";
  var CACHE = "jifen-spare";
  // A code stays up for the shop to scan even if the page is closed by mistake meanwhile; then it counts as used.
  var UP_MS = 600000;
  var place = document.querySelector("[data-spare]");
  if (!place) return;

  var isPage = place.querySelector("[data-part]") !== null;

  function read(key) {
    try {
      return JSON.parse(window.localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function write(key, value) {
    window.localStorage.setItem(key, JSON.stringify(value));
  }

  function now() {
    var kept = read(KEPT);
    return Date.now() + (kept ? kept.skew_ms : 0);
  }

  // --- what was shown: kept also when the codes are deleted, so that none comes back as if it were new

  function shown() {
    return read(SHOWN) || {};
  }

  function note(code, done) {
    var all = shown();
    Object.keys(all).forEach(function (id) {
      if (all[id].ends_ms < now()) delete all[id];
    });
    var before = all[code.id];
    all[code.id] = { at_ms: before ? before.at_ms : now(), ends_ms: code.ends_ms, done: done };
    write(SHOWN, all);
  }

  function stateOf(code) {
    var mark = shown()[code.id];
    if (mark) return mark.done || now() - mark.at_ms > UP_MS ? "used" : "up";
    if (now() >= code.ends_ms) return "over";
    return now() < code.starts_ms ? "later" : "good";
  }

  function codesIn(state) {
    var kept = read(KEPT);
    return (kept ? kept.codes : []).filter(function (code) {
      return stateOf(code) === state;
    });
  }

  // --- fetching and forgetting

  /** Set once they were deleted here: an answer that comes after it is kept no more. */
  var gone = false;

  function forget() {
    gone = true;
    window.localStorage.removeItem(KEPT);
    if (window.caches) void window.caches.delete(CACHE);
  }

  /** Fetches the codes anew. `asked`: its reader pressed the button; else only what this phone keeps already. */
  function fetchCodes(asked) {
    var before = read(KEPT);
    if (!asked && !before) return Promise.resolve(null);
    gone = false;
    return fetch(place.getAttribute("data-codes"), { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) {
        // The session has ended: what is kept stays good, and a new sign-in renews it.
        if (answer.status === 401 || answer.redirected) return null;
        if (!answer.ok) return refuse(answer);
        return answer.json().then(function (found) {
          if (gone) return null;
          // Somebody else has signed in on this phone: what it kept was not theirs.
          if (!asked && found.holder !== before.holder) {
            forget();
            return null;
          }
          write(KEPT, { holder: found.holder, codes: found.codes, skew_ms: found.now_ms - Date.now() });
          return keepPage();
        });
      })
      .catch(function () {
        return "away";
      });
  }

  function refuse(answer) {
    // A stopped card or account: what hangs on it is dead, here too.
    if (answer.status >= 500 || answer.status === 429) return null;
    forget();
    return answer.json().then(function (problem) {
      var isEnglish = document.documentElement.lang === "en";
      return { words: (isEnglish ? problem.detail_en : problem.detail) || "" };
    });
  }

  /** Keeps the page and what it needs, as everybody sees it, and the worker that shows it without network. */
  function keepPage() {
    if (!window.caches || !navigator.serviceWorker) return null;
    var page = place.getAttribute("data-page");
    void navigator.serviceWorker.register(place.getAttribute("data-worker"), { scope: "/me" });
    return fetch(page, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) return null;
      return answer.text().then(function (html) {
        var found = new DOMParser().parseFromString(html, "text/html");
        var parts = Array.prototype.map.call(found.querySelectorAll("link[rel], script[src]"), function (part) {
          return new URL(part.getAttribute("href") || part.getAttribute("src"), window.location.href).pathname;
        });
        if (gone) return null;
        return window.caches.open(CACHE).then(function (cache) {
          var copy = new Response(html, { headers: answer.headers });
          return Promise.all([cache.put(page, copy), cache.addAll(parts)]).then(function () {
            if (gone) void window.caches.delete(CACHE);
            return null;
          });
        });
      });
    });
  }

  // Whoever signs out of a borrowed phone leaves no code on it.
  Array.prototype.forEach.call(document.querySelectorAll('form[action$="/me/sign-out"]'), function (form) {
    form.addEventListener("submit", forget);
  });

  if (!isPage) {
    void fetchCodes(false);
    return;
  }

  // --- the page itself

  var canKeep = window.isSecureContext && Boolean(window.caches) && Boolean(navigator.serviceWorker);
  var busy = false;
  var away = !navigator.onLine;

  function part(name) {
    return place.querySelector('[data-part="' + name + '"]');
  }

  function says(name, count) {
    return place.getAttribute("data-" + name).replace("{count}", String(count));
  }

  function dayLine(code) {
    var state = stateOf(code);
    var line = document.createElement("li");
    var words = { good: "good", up: "used", used: "used", later: "later" }[state];
    line.className = state;
    line.textContent = code.day.slice(5) + "  " + place.getAttribute("data-" + words);
    return line;
  }

  function draw() {
    var kept = read(KEPT);
    var up = codesIn("up")[0];
    var good = codesIn("good").length;
    part("insecure").hidden = canKeep;
    part("up").hidden = !up;
    part("on").hidden = !kept || Boolean(up);
    part("off").hidden = Boolean(kept) || !canKeep;
    part("offline").hidden = !away;
    place.querySelector("[data-with-network]").hidden = away;
    place.querySelector("[data-picture]").innerHTML = up ? up.picture : "";
    place.querySelector("[data-left]").textContent = says("today", good);
    place.querySelector("[data-all-left]").textContent = says("all", good + codesIn("later").length);
    place.querySelector('[data-do="show"]').disabled = good === 0;
    place.querySelector('[data-do="keep"]').disabled = busy;
    var list = place.querySelector("[data-days]");
    list.textContent = "";
    (kept ? kept.codes : []).forEach(function (code) {
      if (stateOf(code) !== "over") list.appendChild(dayLine(code));
    });
  }

  function refresh(asked) {
    busy = true;
    draw();
    fetchCodes(asked).then(function (outcome) {
      busy = false;
      away = outcome === "away";
      var refused = part("refused");
      refused.hidden = !(outcome && outcome.words);
      refused.textContent = (outcome && outcome.words) || "";
      draw();
    });
  }

  var acts = {
    keep: function () {
      refresh(true);
    },
    show: function () {
      var code = codesIn("good")[0];
      // Marked before it is seen: a phone that dies now has used it.
      if (code) note(code, false);
      draw();
    },
    done: function () {
      codesIn("up").forEach(function (code) {
        note(code, true);
      });
      draw();
    },
    drop: function () {
      forget();
      draw();
    },
  };

  place.addEventListener("click", function (event) {
    var button = event.target.closest("[data-do]");
    if (button) acts[button.getAttribute("data-do")]();
  });
  window.addEventListener("online", function () {
    refresh(false);
  });
  window.addEventListener("offline", function () {
    away = true;
    draw();
  });
  window.setInterval(draw, 30000);
  refresh(false);
})();
