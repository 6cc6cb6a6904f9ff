import type { ComponentChildren } from 'preact';
import type { Ready } from './messages.ts';
import { AUTO, bounds, dataOptions, defaults, numberOf, POINTS, type Settings } from './settings.ts';
import { aboutMember, aboutOption } from './texts.ts';

export interface ChoicesProps {
  readonly ready: Ready;
  readonly settings: Settings;
  readonly onChange: (part: Partial<Settings>) => void;
}

/** All that a reader may choose, each with a sentence. */
export function ChoicesForm({ ready, settings, onChange }: ChoicesProps) {
  const { choices, sharesMemory } = ready;
  const isOwnPoints = settings.data === POINTS;
  const dataDefaults = isOwnPoints ? {} : dataOptions({ ...settings, rows: null, noise: null });
  const select = (name: keyof Ready['choices'], label: string, extraMembers: readonly string[] = []) => (
    <Choice name={name} label={label} member={settings[name]}>
      <select
        name={name}
        value={settings[name]}
        onChange={({ currentTarget }) => onChange({ [name]: currentTarget.value })}
      >
        {[...extraMembers, ...choices[name]].map((member) => (
          <option key={member} value={member}>
            {member === POINTS ? 'your own' : member === AUTO ? 'by activation' : member}
          </option>
        ))}
      </select>
    </Choice>
  );
  const number = (name: keyof typeof bounds, label: string, step = '1', isDisabled = false) => {
    const value = settings[name] ?? (name === 'rows' || name === 'noise' ? dataDefaults[name] : undefined);
    return (
      <Choice name={name} label={label}>
        <input
          type="number"
          name={name}
          min={bounds[name][0]}
          max={bounds[name][1]}
          step={step}
          value={value === undefined || value === 'full' ? '' : value}
          placeholder={name === 'batch' ? 'all' : ''}
          disabled={isDisabled}
          onChange={({ currentTarget }) => {
            const emptyValue = name === 'batch' ? 'full' : defaults[name]; // null for rows and noise
            onChange({ [name]: numberOf(name, currentTarget.value) ?? emptyValue });
          }}
        />
      </Choice>
    );
  };
  return (
    <form id="choices" aria-label="Choices" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend>Data</legend>
        {select('data', 'points', [POINTS])}
        {!isOwnPoints && number('rows', 'number of points')}
        {!isOwnPoints && number('noise', 'noise', '0.05')}
      </fieldset>
      <fieldset>
        <legend>Network</legend>
        {number('layers', 'hidden layers')}
        {number('units', 'units of each')}
        {select('activation', 'activation')}
        {select('init', 'starting weights', [AUTO])}
      </fieldset>
      <fieldset>
        <legend>Training</legend>
        {select('optimizer', 'optimizer')}
        {number('rate', 'learning rate', 'any')}
        {number('batch', 'batch size')}
        {number('seed', 'seed')}
        {select('precision', 'precision')}
        {number('threads', 'threads', '1', !sharesMemory)}
        {!sharesMemory && (
          <small id="alone">
            One thread trains: this browser shares no memory between threads here, as the server of the page does not
            send the headers that allow it. The result is the same, to the bit.
          </small>
        )}
      </fieldset>
    </form>
  );
}

function Choice({
  name,
  label,
  member,
  children,
}: {
  readonly name: keyof Settings;
  readonly label: string;
  readonly member?: string;
  readonly children: ComponentChildren;
}) {
  const memberText = member === undefined ? undefined : aboutMember[member];
  return (
    <div class="choice">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children. */}
      <label>
        <span>{label}</span> {children}
      </label>
      <small>
        {aboutOption[name]} {memberText !== undefined && <b>{memberText}</b>}
      </small>
    </div>
  );
}
