/** One fault of the input: `pointer` is a JSON pointer into the body that was sent (RFC 6901). */
export interface FieldFault {
  pointer: string;
  detail: string;
  code?: string | undefined;
}

/** An answer of the API that is not a success: problem+json (RFC 9457) as an exception. */
export class ApiError extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly faults: readonly FieldFault[];
  /** Seconds after which a retry makes sense, when the API said so. */
  readonly retryAfter: number | null;
  /** What the server's log calls this call by; empty when a proxy answered in its place. */
  readonly requestId: string;

  constructor(
    status: number,
    body: { title?: string; detail?: string; code?: string; errors?: FieldFault[] },
    retryAfter: number | null,
    requestId = '',
  ) {
    super(body.detail ?? body.title ?? `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.title = body.title ?? '';
    this.detail = body.detail ?? '';
    this.code = body.code ?? '';
    this.faults = body.errors ?? [];
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }
}

/** An answer that is no JSON, or not of the promised shape: the fault is on the way or at the server. */
export class UnreadableError extends Error {
  readonly requestId: string;

  constructor(requestId: string, cause: unknown) {
    super('The server answered with something this page cannot read.', { cause });
    this.name = 'UnreadableError';
    this.requestId = requestId;
  }
}

/** By which a failed call is found in the server's log; empty for every other fault. */
export function requestIdOf(error: unknown): string {
  return error instanceof ApiError || error instanceof UnreadableError ? error.requestId : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readFaults(value: unknown): FieldFault[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((fault) => ({
    pointer: typeof fault.pointer === 'string' ? fault.pointer : '',
    detail: typeof fault.detail === 'string' ? fault.detail : 'is not accepted',
    code: typeof fault.code === 'string' ? fault.code : undefined,
  }));
}

/** Any body, also one from a proxy in between that is no problem+json at all. */
export function toApiError(response: Response, body: unknown): ApiError {
  const wait = Number(response.headers.get('retry-after'));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  const request = response.headers.get('x-request-id') ?? '';
  if (!isRecord(body)) return new ApiError(response.status, {}, retryAfter, request);
  const text = (key: string) => (typeof body[key] === 'string' ? body[key] : undefined);
  return new ApiError(
    response.status,
    { title: text('title'), detail: text('detail'), code: text('code'), errors: readFaults(body.errors) },
    retryAfter,
    text('request_id') || request,
  );
}

/** `/windows/mon/0` becomes `windows.mon.0`, the way form fields are named. */
export function pointerToField(pointer: string): string {
  return pointer
    .split('/')
    .filter((part) => part !== '' && part !== '#')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

const TITLES: Record<number, string> = {
  401: 'You are signed out',
  403: 'Your role does not allow this',
  404: 'Not found',
  409: 'That does not fit its present state',
  412: 'Somebody changed this meanwhile',
  413: 'Too large',
  422: 'Something needs correcting',
  429: 'Too many requests',
  501: 'Not available yet',
  503: 'The server is not ready',
};

const DETAILS: Record<number, string> = {
  401: 'Sign in again to go on.',
  403: 'Ask an administrator of your organization.',
  404: 'It may have been deleted, or the address is wrong.',
  412: 'Load it again and repeat your change.',
  503: 'It will be back in a moment. Nothing you entered is lost.',
};

/** For a reading of one thing by the id in the address: gone, another's, or no id at all (422 before it is looked for). */
export function isOfNoneSuch(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 422);
}

/** Title and advice for any thrown value, in the user's terms. */
export function wordsFor(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiError) {
    const title = TITLES[error.status] ?? (error.status >= 500 ? 'The server failed' : error.title);
    const said = error.detail || DETAILS[error.status] || 'Try again; if it stays, look at the server log.';
    const wait = error.status === 429 && error.retryAfter ? ` Try again in ${error.retryAfter} s.` : '';
    return { title: title || 'That did not work', detail: said + wait };
  }
  if (error instanceof UnreadableError)
    return {
      title: 'The answer could not be read',
      detail: 'Try again; if it stays, look at the server log.',
    };
  if (error instanceof TypeError || (error instanceof DOMException && error.name === 'NetworkError'))
    return {
      title: 'No connection to the server',
      detail: 'Check the network; this page goes on by itself.',
    };
  return { title: 'That did not work', detail: error instanceof Error ? error.message : 'Try again.' };
}
