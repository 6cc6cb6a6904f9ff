import { onlyKeys } from '../checks/check.ts';
import { OptionError } from '../checks/option-error.ts';
import { finite } from '../checks/options/index.ts';
import { show } from '../checks/show.ts';

/** Options of a part of one's own, each with its default: a number, a word, or true or false. */
export type PartDefaults = Readonly<Record<string, number | boolean | string>>;

/** The options as the functions of the part get them: as given, else the defaults. */
export type PartOptions<D extends PartDefaults> = {
  readonly [K in keyof D]: D[K] extends number ? number : D[K] extends boolean ? boolean : string;
};

/** What every part of one's own has. */
export interface PartBase<D extends PartDefaults> {
  /** Its name in specs and flags: lower-case words joined by hyphens, which no built-in part has. */
  readonly name: string;
  /** Its options with their defaults, such as `{ delta: 1 }`. A value has the type of its default. @default none */
  readonly options?: D;
}

/** The options of a part, with defaults for those not given. @throws OptionError for one that is unknown or wrong. */
export function readPartOptions<D extends PartDefaults>({ name, options }: PartBase<D>, given: object): PartOptions<D> {
  const defaults: PartDefaults = options ?? {};
  onlyKeys(name, given, Object.keys(defaults));
  const values: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const type = typeof defaults[key];
    if (type === 'number') finite.check(name, key, value);
    else if (typeof value !== type) {
      throw new OptionError(name, key, `has ${show(value)}, expected a ${type} such as ${show(defaults[key])}`);
    }
    values[key] = value;
  }
  return values as PartOptions<D>;
}
