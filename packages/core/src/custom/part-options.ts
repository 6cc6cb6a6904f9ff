import { checkKeys } from '../checks/check.ts';
import { OptionError } from '../checks/option-error.ts';
import { finite } from '../checks/options/index.ts';
import { has, show } from '../checks/show.ts';

/** Options of a user's own part with their defaults: a number, a string, or a boolean. */
export type PartDefaults = Readonly<Record<string, number | boolean | string>>;

/** Options as passed to the part's functions: passed values, or defaults. */
export type PartOptions<D extends PartDefaults> = {
  readonly [K in keyof D]: D[K] extends number ? number : D[K] extends boolean ? boolean : string;
};

/** Properties of every part of a user's own. */
export interface PartBase<D extends PartDefaults> {
  /** Name in specs and flags: lower-case words joined by hyphens, different from all built-in names. */
  readonly name: string;
  /** Options with their defaults, such as `{ delta: 1 }`. A value must have the type of its default. @default none */
  readonly options?: D;
}

/** A part's options, with defaults for those not passed. @throws OptionError if an option is unknown or wrong. */
export function readPartOptions<D extends PartDefaults>(
  { name, options }: PartBase<D>,
  specOptions: object,
): PartOptions<D> {
  const defaults: PartDefaults = options ?? {};
  checkKeys(name, specOptions, Object.keys(defaults));
  const values: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(specOptions)) {
    if (value === undefined) continue;
    const type = typeof defaults[key];
    if (type === 'number') finite.check(name, key, value);
    else if (typeof value !== type) {
      throw new OptionError(name, key, `${has(value)}, expected a ${type} such as ${show(defaults[key])}`);
    }
    values[key] = value;
  }
  return values as PartOptions<D>;
}
