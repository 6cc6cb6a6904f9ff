import { MAX_SMOOTHING, type View } from './view.ts';

/** The choices that apply to all charts. */
export function Controls({ view, onChange }: { view: View; onChange: (part: Partial<View>) => void }) {
  const { by, log, smoothing, from, to } = view;
  const end = (name: 'from' | 'to', value: number | null) => (
    <label>
      {name}{' '}
      <input
        type="number"
        name={name}
        min="0"
        step="any"
        value={value === null ? '' : Number(value.toPrecision(6))}
        placeholder={name === 'from' ? 'start' : 'end'}
        onChange={({ currentTarget }) =>
          onChange({ [name]: currentTarget.value === '' ? null : currentTarget.valueAsNumber })
        }
      />
    </label>
  );
  return (
    <form id="controls" aria-label="Charts" onSubmit={(event) => event.preventDefault()}>
      <label>
        by{' '}
        <select
          name="by"
          value={by}
          onChange={({ currentTarget }) =>
            onChange({ by: currentTarget.value === 'epoch' ? 'epoch' : 'step', from: null, to: null })
          }
        >
          <option value="step">step</option>
          <option value="epoch">epoch</option>
        </select>
      </label>
      {end('from', from)}
      {end('to', to)}
      <button type="button" name="all" onClick={() => onChange({ from: null, to: null })}>
        Show all
      </button>
      <label>
        <input
          type="checkbox"
          name="log"
          checked={log}
          onChange={({ currentTarget }) => onChange({ log: currentTarget.checked })}
        />{' '}
        log scale
      </label>
      <label>
        smoothing{' '}
        <input
          type="range"
          name="smoothing"
          min="0"
          max={MAX_SMOOTHING}
          step="0.01"
          value={smoothing}
          onInput={({ currentTarget }) => onChange({ smoothing: currentTarget.valueAsNumber })}
        />{' '}
        <output>{smoothing.toFixed(2)}</output>
      </label>
      {from !== null && to !== null && to <= from && (
        <span class="problem" role="alert">
          to has {to}, expected more than {from}
        </span>
      )}
    </form>
  );
}
