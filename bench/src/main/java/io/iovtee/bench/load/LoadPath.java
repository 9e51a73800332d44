// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

/** The way of the frames from the generator to the sink; the names are the command line's. */
enum LoadPath {
  /** From one network function to another. */
  vm2vm(
      "generator -> vhost-user -> switch -> vhost-user -> sink; generator and sink are one thread"
          + " on one core, the switch has the other"),
  /** From the switch's emulated NIC to a network function. */
  nic(
      "generator -> wire in shared memory -> emulated NIC of the switch, run by its poll loop ->"
          + " vhost-user -> sink; generator and sink are one thread on one core, the switch has the"
          + " other");

  private final String topology;

  LoadPath(String topology) {
    this.topology = topology;
  }

  /** For the report's head. */
  String topology() {
    return topology;
  }
}
