// Talking to the server: every change goes to the same addresses as the plain forms, as JSON.

const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
const PATIENCE = 15_000; // milliseconds

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, { ...options, signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    return { status: 0, data: {} }; // no connection, or no answer in time
  }
  try {
    return { status: response.status, data: await response.json() };
  } catch {
    return { status: response.status || 0, data: {} };
  }
}

/** Post a change. `status` 0 is: no answer. */
export function send(address, body) {
  const headers = { "content-type": "application/json", accept: "application/json", "x-csrftoken": token };
  return ask(address, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Read the state anew. */
export function read(address) {
  return ask(address, { headers: { accept: "application/json" } });
}
