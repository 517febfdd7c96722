// Probot: signature, parse, a client for the installation, a handler that does nothing. Stores
// nothing, and logs only errors.
//     node probot.mjs SECRET_FILE KEY_FILE     prints the URL it listens at
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Probot, createNodeMiddleware } from "probot";

const probot = new Probot({
  appId: 1,
  privateKey: readFileSync(process.argv[3], "utf8"),
  secret: readFileSync(process.argv[2], "utf8").trim(),
  logLevel: "error",
});
const app = (robot) => robot.on("issues.opened", () => {});
const server = createServer(await createNodeMiddleware(app, { probot, webhooksPath: "/webhooks/github" }));
server.listen(0, "127.0.0.1", () => console.log(`listening at http://127.0.0.1:${server.address().port}`));
