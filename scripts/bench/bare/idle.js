// A process that is up and waits: the floor under one idle child. (2 ** 30 ms: a longer delay would overflow and fire.)
console.log("ready");
setInterval(() => {}, 2 ** 30);
