/**
 * Parts of the screen take turns: what is due is redrawn at once while the frame has time left, else in the next one.
 *
 * Rules: nothing is dropped and the order stands; a part that is due twice before its turn is redrawn once (Lit's own
 * rule). So a key press is answered in the same frame on a calm night, and on a bad one no frame is held up.
 */

/** Of the sixteen milliseconds of a frame: what our own scripts may take before the rest waits. */
const BUDGET_MS = 3;
/** A page that is not seen gets no frames; its parts must not pile up. */
const UNSEEN_MS = 250;

const waiting: (() => void)[] = [];
let used_ms = 0;
let asked = false;

/** Resolves when it is this part's turn. */
export function turn(): Promise<void> {
  askFrame();
  if (waiting.length === 0 && used_ms < BUDGET_MS) return Promise.resolve();
  return new Promise((resolve) => waiting.push(resolve));
}

/** Does the work and counts its time. */
export function timed(work: () => void): void {
  const begun = performance.now();
  work();
  used_ms += performance.now() - begun;
  askFrame();
}

export function timeLeft(): boolean {
  return used_ms < BUDGET_MS;
}

function askFrame(): void {
  if (asked) return;
  asked = true;
  if (document.hidden) setTimeout(frame, UNSEEN_MS);
  else requestAnimationFrame(frame);
}

function frame(): void {
  asked = false;
  used_ms = 0;
  void next();
}

async function next(): Promise<void> {
  while (waiting.length > 0 && used_ms < BUDGET_MS) {
    waiting.shift()!();
    // Its work runs as a microtask of its own, and is counted before the next is let in.
    await Promise.resolve();
    await Promise.resolve();
  }
  if (waiting.length > 0) askFrame();
}
