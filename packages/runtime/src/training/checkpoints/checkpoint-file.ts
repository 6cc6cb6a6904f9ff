import {
  buildNetwork,
  checkPreprocessing,
  createLoss,
  createSchedule,
  type Elements,
  type JsonObject,
  type LoadedParts,
} from '@gradloom/core';
import {
  type Container,
  checkEncoding,
  checkModules,
  isJsonObject,
  MODEL_KINDS,
  NOTHING_LOADED,
  reasonOf,
  show,
  showPath,
  stateLength,
} from '@gradloom/core/internal';
import type { LoadOptions } from '../../engine/modules/load-parts.ts';
import { peekContainer, readContainer, writeContainer } from '../../system/files/container.ts';
import { checkEarlier, checkProgress, checkRecord } from './check-header.ts';
import type { Checkpoint } from './checkpoint.ts';
import { arraysOf, sectionsOf } from './checkpoint-sections.ts';
import type { RunIdentity } from './same-run.ts';

/** Kind of container. Models are another kind; both have their weights in the same section. */
export const CHECKPOINT_KIND = MODEL_KINDS.checkpoint;

/** Version of the header's content; the container has its own version. Older versions are refused. */
const VERSION = 2;

/**
 * Writes a checkpoint directly from the arrays, atomically replacing an older one, also to `morePaths`.
 * @throws Error naming the path.
 */
export function saveCheckpoint(
  path: string,
  { arrays, earlier, best, ...header }: Checkpoint,
  morePaths: readonly string[] = [],
): void {
  const counters = earlier === undefined ? {} : { earlier: earlier.counters };
  writeContainer(
    'saveCheckpoint',
    path,
    CHECKPOINT_KIND,
    { version: VERSION, ...header, ...counters },
    sectionsOf(header.record, arrays, earlier, best),
    morePaths,
  );
}

/**
 * Loads the checkpoint in `path`, for `train(..., { resume })`.
 * @throws Error naming the path and the problem if any byte is changed, or its parts do not belong to one run.
 */
export const loadCheckpoint = (path: string, options: LoadOptions = {}): Checkpoint =>
  checkpointOf('loadCheckpoint', path, readContainer('loadCheckpoint', path, [CHECKPOINT_KIND]), options);

/** Reads which run wrote the checkpoint in `path`, without its arrays. @throws Error if it is not a checkpoint. */
export function readRun(path: string): RunIdentity {
  const { version, spec, loss, preprocessing, record } = peekContainer('readRun', path, [CHECKPOINT_KIND]);
  if (version !== VERSION || !isJsonObject(record))
    throw new Error(`readRun: ${showPath(path)} has no run, expected one`);
  checkRecord(record);
  return { spec, loss, preprocessing, record } as unknown as RunIdentity;
}

const WITH_SHARDS = ' (its run cut batches into shards, as an earlier version did: it cannot go on, train again)';

/** The checkpoint in a container. @throws Error naming the path if its parts do not belong to one run. */
export function checkpointOf(
  where: string,
  path: string,
  { content, sections }: Container,
  { parts = NOTHING_LOADED }: LoadOptions,
): Checkpoint {
  const { version, ...header } = content;
  if (version !== VERSION) {
    const why = isJsonObject(content.record) && 'shards' in content.record ? WITH_SHARDS : '';
    throw new Error(`${where}: ${showPath(path)} has checkpoint version ${show(version)}, expected ${VERSION}${why}`);
  }
  if (isJsonObject(header.record)) checkModules(`${where}: ${showPath(path)}`, header.record.modules, parts);
  try {
    return checkCheckpoint(header, sections, parts);
  } catch (error) {
    const reason = reasonOf(error);
    throw new Error(
      `${where}: ${showPath(path)} has parts that do not belong together (${reason}), expected those of one run`,
      { cause: error },
    );
  }
}

/** The checkpoint of a file, after checking everything that a resume reads. */
function checkCheckpoint(header: JsonObject, sections: ReadonlyMap<string, Elements>, parts: LoadedParts): Checkpoint {
  const { loss, metadata, record, progress } = header as unknown as Checkpoint;
  const network = buildNetwork((header as unknown as Checkpoint).spec, parts.customParts);
  const { spec } = network;
  const preprocessing =
    header.preprocessing === undefined ? undefined : checkPreprocessing('checkpoint', header.preprocessing);
  if (preprocessing !== undefined) checkEncoding('checkpoint', network, preprocessing);
  createLoss(loss, parts.customParts);
  if (!isJsonObject(header.metadata)) throw new Error(`metadata has ${show(metadata)}, expected an object`);
  checkRecord(header.record);
  checkProgress(header.progress, record);
  const { initialState } = createSchedule(record.schedule, record, parts.customParts);
  const counters = checkEarlier(header.earlier, record, progress);
  const arrays = arraysOf(sections, {
    record,
    progress,
    parameterCount: network.parameterCount,
    stateLength: stateLength(network.gradientRanges),
    scheduleLength: initialState.length,
    counters,
  });
  const encoding = preprocessing === undefined ? {} : { preprocessing };
  return { spec, loss, metadata, ...encoding, record, progress, ...arrays };
}
