import { deserialize, serialize } from 'node:v8';
import { type Packed, pack, unpack } from './packed.ts';
import type { Task, TeamSetup, TeamTask } from './protocol.ts';

/** Message that posts a task to a thread. Its size does not grow with the run. */
export type Message = Packed<Task> & { readonly setup?: SharedSetup };

/** A team's setup in shared memory: serialized once per run, and deserialized once by each thread. */
interface SharedSetup {
  readonly run: number;
  readonly content: SharedArrayBuffer; // serialized setup, without objects that only a message can carry
  readonly objects: readonly object[]; // buffers, a memory and a module
}

/** Key of a placeholder in the content for one of the objects. */
const OBJECT = 'gradloom object';

/** Packs a task in the main thread. */
export function toMessage(task: Task): Message {
  if (!isOfTeam(task)) return pack(task);
  const { setup, ...rest } = task;
  let sharedSetup = sharedSetups.get(setup);
  if (sharedSetup === undefined) {
    sharedSetup = serializeSetup(setup);
    sharedSetups.set(setup, sharedSetup);
  }
  return { ...pack(rest), setup: sharedSetup };
}

const isOfTeam = (task: Task): task is Task & TeamTask<TeamSetup> => 'setup' in task;

const sharedSetups = new WeakMap<TeamSetup, SharedSetup>();

function serializeSetup(setup: TeamSetup): SharedSetup {
  const objects: object[] = [];
  const numberOf = (object: object): number => {
    const number = objects.indexOf(object);
    return number === -1 ? objects.push(object) - 1 : number;
  };
  const bytes = serialize(pack(setup, (object) => ({ [OBJECT]: numberOf(object) })));
  const content = new SharedArrayBuffer(bytes.length);
  new Uint8Array(content).set(bytes);
  return { run: setup.run, content, objects };
}

/** In a thread: the setups of current runs. */
const readSetups = new Map<number, TeamSetup>();

/** Unpacks a task in a thread. All tasks of a run share one setup. */
export function fromMessage(message: Message): Task {
  const { setup, ...rest } = message;
  const task: Task = unpack(rest);
  if (setup === undefined) return task;
  const { live } = task as Task & TeamTask<TeamSetup>;
  for (const run of readSetups.keys()) if (!live.includes(run)) readSetups.delete(run);
  let existing = readSetups.get(setup.run);
  if (existing === undefined) {
    existing = deserializeSetup(setup);
    readSetups.set(setup.run, existing);
  }
  return { ...task, setup: existing } as Task;
}

function deserializeSetup({ content, objects }: SharedSetup): TeamSetup {
  // Copied because not every engine decodes from shared memory.
  const value: Packed<TeamSetup> = deserialize(new Uint8Array(content).slice());
  return unpack(value, (part) =>
    typeof part === 'object' && part !== null && OBJECT in part ? objects[part[OBJECT] as number] : part,
  );
}
