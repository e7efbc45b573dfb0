export { Feed, type Card } from "./feed";
export { Outbox, type Act, type Storage } from "./outbox";
export { type Operation, Refused, Transport, Unreachable } from "./transport";
