import { API_ORIGIN, refresh, usableToken } from './auth';
import { ApiError, toApiError } from './problem';

interface Upload {
  path: string;
  form: FormData;
  headers?: Record<string, string>;
  /** 0 to 1, as the bytes leave. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

function send<T>({ path, form, headers, onProgress, signal }: Upload, token: string | null): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    // fetch cannot say how much of a body has left; this can.
    const request = new XMLHttpRequest();
    request.open('POST', `${API_ORIGIN}${path}`);
    request.withCredentials = true;
    if (token) request.setRequestHeader('authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(headers ?? {})) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    };
    request.onerror = () => reject(new TypeError('The upload was interrupted.'));
    request.onabort = () => reject(new DOMException('Upload cancelled', 'AbortError'));
    request.onload = () => {
      let body: unknown = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // A proxy's own page: the status says enough.
      }
      if (request.status >= 200 && request.status < 300) return resolve(body as T);
      const retry = request.getResponseHeader('retry-after');
      const response = new Response(null, {
        status: request.status,
        headers: retry ? { 'retry-after': retry } : {},
      });
      reject(toApiError(response, body));
    };
    signal?.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}

/** Multipart upload with progress; one retry with a fresh token on 401. */
export async function upload<T>(what: Upload): Promise<T> {
  try {
    return await send<T>(what, await usableToken());
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    const token = await refresh();
    if (!token) throw error;
    return send<T>(what, token);
  }
}

/** A file behind the sign-in, saved by the browser under its name. */
export async function download(path: string, filename: string): Promise<void> {
  const token = await usableToken();
  const response = await fetch(`${API_ORIGIN}${path}`, {
    credentials: 'include',
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  if (!response.ok) throw toApiError(response, await response.json().catch(() => null));
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
