// A screen that was sent to the log-in page goes back by itself once it is known again (a clock was put right): nobody may stand before it.

setInterval(() => {
  const typed = [...document.querySelectorAll("input:not([type=hidden])")].some((input) => input.value);
  if (!typed) location.reload();
}, 60000);
