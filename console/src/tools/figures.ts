/** Figures as they are read out and copied: plain digits and a unit, rounded as the elevation deserves. */

import { text } from '../strings.ts';

export function metres(value: number): string {
  return value < 10_000 ? text('scale.m', { n: String(Math.round(value)) }) : text('scale.km', { n: (value / 1000).toFixed(2) });
}

/** With its sign: up is +, down is −. */
export function rise(value: number | null): string {
  if (value === null) return '–';
  const whole = Math.round(value);
  return text('scale.m', { n: `${whole > 0 ? '+' : whole < 0 ? '−' : ''}${Math.abs(whole)}` });
}

export function height(value: number | null): string {
  return value === null ? '–' : text('scale.m', { n: value.toFixed(1) });
}

/** 045.3°: three digits before the point, as bearings are spoken. */
export function bearingText(degrees: number): string {
  const tenth = Math.round(((degrees % 360) + 360) * 10) % 3600;
  return `${String(Math.floor(tenth / 10)).padStart(3, '0')}.${tenth % 10}°`;
}

export function elevationText(degrees: number): string {
  return `${degrees < 0 ? '−' : '+'}${Math.abs(degrees).toFixed(2)}°`;
}

export function area(value: number): string {
  return value < 100_000 ? text('scale.m2', { n: String(Math.round(value)) }) : text('scale.km2', { n: (value / 1e6).toFixed(2) });
}

/** The largest of 1, 2 and 5 times a power of ten that is not more. */
export function roundStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((k) => k * power).find((step) => step <= most) ?? power;
}
