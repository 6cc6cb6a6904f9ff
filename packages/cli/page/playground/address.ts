import { readStrokes, type Strokes, strokesText } from './digit-image.ts';
import { noPoints, type Points, pointsText, readPoints } from './points.ts';
import { type Choices, readSettings, type Settings, writeSettings } from './settings.ts';

/** Steps a second that a reader may choose; Infinity is as fast as the machine. */
export const speeds = [1, 10, 100, 1000, Number.POSITIVE_INFINITY];
const DEFAULT_SPEED = 2;

/** All that an address holds: the settings of a run, the tab, the speed and drawings. */
export interface AddressState {
  readonly settings: Settings;
  readonly tab: 'plane' | 'digits';
  readonly speed: number; // index into `speeds`
  readonly points: Points | null; // null if the address has points that cannot be read
  readonly strokes: Strokes | null; // of a drawn digit; null if the address has a digit that cannot be read
}

/** The address of the page. */
export interface Address {
  read(): AddressState;
  /** Writes what the reader has chosen, unless another address is typed before that, which stays as it is. */
  write(state: AddressState): void;
}

/** Milliseconds without a change before the address changes: browsers refuse hundreds of changes a second. */
const WRITE_MS = 100;

export function createAddress(choices: Choices): Address {
  let fragment = location.hash; // read or written last
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    read() {
      clearTimeout(timer);
      fragment = location.hash;
      return readState(fragment, choices);
    },
    write(state) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (location.hash !== fragment) return; // typed by the reader: a hashchange event follows
        history.replaceState(null, '', writeState(state));
        fragment = location.hash;
      }, WRITE_MS);
    },
  };
}

function readState(fragment: string, choices: Choices): AddressState {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const speed = Number(values.get('speed') ?? DEFAULT_SPEED);
  const list = readPoints(values.get('drawn') ?? '');
  return {
    settings: readSettings(fragment, choices),
    tab: values.get('tab') === 'digits' ? 'digits' : 'plane',
    speed: speed in speeds ? speed : DEFAULT_SPEED,
    points: list === null ? null : { ...noPoints, list },
    strokes: readStrokes(values.get('digit') ?? ''),
  };
}

function writeState({ settings, tab, speed, points, strokes }: AddressState): string {
  const values = writeSettings(settings);
  if (tab !== 'plane') values.set('tab', tab);
  if (speed !== DEFAULT_SPEED) values.set('speed', String(speed));
  if (points?.isDrawn && points.list.length > 0) values.set('drawn', pointsText(points.list));
  if (strokes !== null && strokes.length > 0) values.set('digit', strokesText(strokes));
  return `#${values}`;
}
