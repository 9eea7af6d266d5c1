// The talk with the laboratory's server. Addresses are relative: they keep the key.

/** What the server says when it refuses: a sentence. */
export class Refused extends Error {}

async function checked(response) {
  if (response.ok) return response;
  throw new Refused((await response.text()).trim() || `Status ${response.status}.`);
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Refused("The laboratory does not answer: it has been closed.");
  }
  return checked(response);
}

export async function get(address) {
  return (await ask(address)).json();
}

export async function getFloats(address) {
  return new Float64Array(await (await ask(address)).arrayBuffer());
}

export async function post(address, content) {
  const options = { method: "POST", body: JSON.stringify(content), headers: { "Content-Type": "application/json" } };
  return (await ask(address, options)).json();
}

export async function postBytes(address, bytes) {
  return (await ask(address, { method: "POST", body: bytes })).json();
}

/** Send bytes; hear each line of the answer, a JSON object, as it comes. */
export async function postForLines(address, bytes, hear, signal) {
  const response = await ask(address, { method: "POST", body: bytes, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) hear(JSON.parse(line));
  }
}

/** Listen to what happens; `opened` is called at the start and after each break. */
export function listen(opened, heard, lost) {
  const source = new EventSource("events");
  source.onopen = opened;
  source.onmessage = (message) => heard(JSON.parse(message.data));
  source.onerror = lost;
}
