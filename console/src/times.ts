/** Clock faces and spans. All times are seconds since 1970 UTC; the site names its own and its partner's time zone. */

const formats = new Map<string, Intl.DateTimeFormat>();
let siteZone = 'UTC';

export function setSiteZone(zone: string): void {
  siteZone = validZone(zone);
}

const zones = new Map<string, string>();

/** The zone, or UTC where this browser does not know it: an unknown zone must not take the screen down. */
export function validZone(zone: string): string {
  let valid = zones.get(zone);
  if (valid === undefined) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      valid = zone;
    } catch {
      valid = 'UTC';
    }
    zones.set(zone, valid);
  }
  return valid;
}

/** HH:MM:SS in the given zone (the site's by default), Latin digits in every language. */
export function clockText(t_s: number, zone: string = siteZone): string {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return format.format(new Date(t_s * 1000));
}

export function hourMinute(t_s: number): string {
  return clockText(t_s).slice(0, 5);
}

/** 24/01: day and month in the site's zone, Latin digits in every language. */
export function dayMonth(t_s: number): string {
  const key = `day ${siteZone}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: siteZone, day: '2-digit', month: '2-digit' });
    formats.set(key, format);
  }
  return format.format(new Date(t_s * 1000));
}

/** 0:38, 31:20, 2:05:00: how long ago, in the form of a stopwatch. */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const s = String(whole % 60).padStart(2, '0');
  const m = Math.floor(whole / 60) % 60;
  const h = Math.floor(whole / 3600);
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** 6–9: two numbers as one, so that a right-to-left page cannot swap them. */
export function minuteRange(min_s: number, max_s: number): string {
  return `${Math.floor(min_s / 60)}–${Math.ceil(max_s / 60)}`;
}
