// A part consists of many small modules. They come in one file, the pack of the part; a module that several parts need is
// in the pack of each.

// The pack of the part that is asking for its modules, and whether all of them are in it or only the small ones.
let asked;

async function opened(address) {
    const answer = await fetch(new URL(address, import.meta.url));
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const bytes = await answer.arrayBuffer();
    // How many there are; then the number and the length of each; then they themselves.
    const [count] = new Uint32Array(bytes, 0, 1);
    const heads = new Uint32Array(bytes, 4, 2 * count);
    const modules = new Map();
    for (let [at, place] = [0, 4 + 8 * count]; at < count; at += 1) {
        const [number, length] = heads.subarray(2 * at);
        modules.set(number, new Uint8Array(bytes, place, length));
        place += length;
    }
    return modules;
}

function packed(number) {
    const { pack } = asked;
    return async (imports) => WebAssembly.instantiate((await pack).get(number), imports);
}

function fromPack(address, whole, load) {
    let pack;
    return wrapAsyncCb(() => {
        if (pack === undefined) {
            const opening = opened(address);
            // What has not come is asked for again the next time.
            opening.catch(() => { if (pack === opening) pack = undefined; });
            pack = opening;
        }
        asked = { pack, whole };
        return load();
    });
}
