declare module "*/licences.json" { const found: { name: string; version: string; licence: string; text: string }[]; export default found; }
declare module "*.css";
