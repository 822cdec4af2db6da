/** The band of the strip in words and runs: which kilometres are not in view, which are not known, which is the worst. */

/** README of the drawing: from here a bar asks for attention, below it is only noted. */
export const ASKS = 0.2;
export const NOTED = 0.12;

/**
 * The share from which a bar is orange: `ASKS`, or the worst tenth of the line where much of it lies out of view.
 * A colour that covers half the line points at nothing.
 */
export function asksFrom(inView: readonly (number | null)[]): number {
  const missing = inView.map(notInView).filter((share) => share !== null).sort((a, b) => b - a);
  return Math.max(ASKS, missing[Math.floor(missing.length / 10)] ?? 0);
}

export interface Run {
  from: number;
  /** Exclusive. */
  to: number;
  /** Largest share not in view in the run. */
  worst: number;
}

export function notInView(share: number | null | undefined): number | null {
  return share === null || share === undefined || !Number.isFinite(share) ? null : Math.min(1, Math.max(0, 1 - share));
}

/** Neighbouring kilometres whose share not in view is at least `from_share`. */
export function runs(inView: readonly (number | null)[], from_share: number): Run[] {
  const found: Run[] = [];
  let open: Run | null = null;
  inView.forEach((share, km) => {
    const missing = notInView(share);
    if (missing !== null && missing >= from_share) {
      if (open === null) found.push((open = { from: km, to: km + 1, worst: missing }));
      else {
        open.to = km + 1;
        open.worst = Math.max(open.worst, missing);
      }
    } else open = null;
  });
  return found;
}

export function unknownRuns(inView: readonly (number | null)[]): Run[] {
  const found: Run[] = [];
  inView.forEach((share, km) => {
    if (notInView(share) !== null) return;
    const last = found.at(-1);
    if (last?.to === km) last.to = km + 1;
    else found.push({ from: km, to: km + 1, worst: NaN });
  });
  return found;
}

/** The stretch to name in the headline: the longest among those nearly as bad as the worst kilometre. */
export function worstStretch(inView: readonly (number | null)[]): Run | null {
  let worst = 0;
  for (const share of inView) worst = Math.max(worst, notInView(share) ?? 0);
  if (worst < NOTED) return null;
  const candidates = runs(inView, 0.8 * worst);
  return candidates.reduce<Run | null>((best, run) => (best === null || run.to - run.from > best.to - best.from ? run : best), null);
}
