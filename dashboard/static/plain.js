// A page whose own part is plain forms: only the state bar lives.

import { open } from "./shell.js";

open(() => ({}));
