// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** No traffic but what a cable or a test brings. */
final class NoSource implements TrafficSource {
  @Override
  public int run(RxRing[] rings, int demand, long nowNs) {
    return 0;
  }

  @Override
  public boolean isPaced() {
    return false;
  }

  @Override
  public void steer(Steering steering) {}

  @Override
  public boolean isQuiet() {
    return true;
  }

  @Override
  public String description() {
    return "none";
  }
}
