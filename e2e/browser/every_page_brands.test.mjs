// Every page, looked at: the dashboard under another brand, and the portals.

import { DASHBOARD, DOORS, PAYMENT, PORTAL, everyPage } from "./every_page.mjs";

everyPage(
  ["the dashboard of Harbor", "harbor", "admin@harbor.example", {}, DASHBOARD, true],
  ["the portal of Northwind", "northwind", "boss@northwind-customer.example", PAYMENT, PORTAL, false],
  ["the portal of Harbor", "harbor", "boss@harbor-customer.example", { ...DOORS, ...PAYMENT }, PORTAL, true],
);
