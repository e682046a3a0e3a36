// For a browser that cannot run the page at all, so in words that every browser knows: after a while of nothing it says so.

setTimeout(function () {
  if (/waiting/.test(document.body.className) && !/lost/.test(document.body.className)) document.getElementById("old").removeAttribute("hidden");
}, 8000);
