/**
 * The global names that every engine has.
 *
 * @module
 */

const LANGUAGE = `
AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt
BigInt64Array BigUint64Array Boolean DataView Date DisposableStack Error
EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function
Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN Number
Object Promise Proxy RangeError ReferenceError Reflect RegExp Set
SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError
URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef
WeakSet WebAssembly decodeURI decodeURIComponent encodeURI encodeURIComponent
escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape`;

const PLATFORM = `
AbortController AbortSignal Blob BroadcastChannel Buffer
ByteLengthQueuingStrategy Cache CacheStorage CloseEvent CompressionStream
CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException
DecompressionStream Deno ErrorEvent Event EventSource EventTarget File
FileReader FormData Headers ImageBitmap ImageData MessageChannel MessageEvent
MessagePort Performance PerformanceEntry PerformanceMark PerformanceMeasure
PerformanceObserver PerformanceObserverEntryList ProgressEvent
PromiseRejectionEvent ReadableByteStreamController ReadableStream
ReadableStreamBYOBReader ReadableStreamBYOBRequest
ReadableStreamDefaultController ReadableStreamDefaultReader Request Response
SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream
TransformStream TransformStreamDefaultController URL URLPattern
URLSearchParams WebSocket Worker WritableStream
WritableStreamDefaultController WritableStreamDefaultWriter addEventListener
atob btoa caches clearImmediate clearInterval clearTimeout console
createImageBitmap crypto dispatchEvent fetch global navigator performance
process queueMicrotask removeEventListener reportError self setImmediate
setInterval setTimeout structuredClone`;

/**
 * Names that a function may use without anyone providing them: those of the
 * language, and those of the platform that mean the same in every program.
 * Left out on purpose are globals with names that programs use for things of
 * their own (`name`, `close`, `location`, `prompt`, …): a function that forgot
 * to capture its `name` would get an empty text instead of an error.
 */
export const ENGINE_GLOBALS: ReadonlySet<string> = new Set(
  `${LANGUAGE}${PLATFORM}`.trim().split(/\s+/),
);
