// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.util.SplittableRandom;

/** The few values that rules and frames share, so that they meet. */
final class Values {
  static final String[] MACS = {
    "02:00:00:00:00:11",
    "02:00:00:00:00:22",
    "02:00:00:00:01:22",
    "01:00:5e:00:00:01",
    "33:33:00:00:00:01",
    "01:80:c2:00:00:02",
    "ff:ff:ff:ff:ff:ff"
  };
  static final String[] IPV4 = {"10.0.0.1", "10.0.0.2", "10.1.0.1", "192.168.1.7", "224.0.0.1"};
  static final String[] IPV6 = {
    "2001:db8::1", "2001:db8::2", "2001:db8:1::7", "fe80::1", "ff02::1:ff00:1"
  };
  static final int[] TRANSPORT_PORTS = {0, 53, 80, 443, 1024, 4789, 65535};
  static final int[] VLANS = {0, 1, 5, 100, 4095};
  static final int[] TOS = {0, 0xb8, 0x28, 0xfc};
  static final int[] LABELS = {0, 0x12345, 0xfffff, 0x10000};
  static final int[] ND_RESERVED = {0, 1, 0x60000000, 0xe0000000};
  static final int[] TTL = {0, 1, 2, 64, 255};
  static final int[] PROTOCOLS = {1, 2, 6, 17, 47, 58, 132, 0, 44, 43, 60, 51};
  static final int[] TYPES = {
    0x0800, 0x86dd, 0x0806, 0x8035, 0x8847, 0x8848, 0x88cc, 0x05ff, 0x8100, 0x88a8, 0x9000
  };

  private Values() {}

  static String one(SplittableRandom random, String[] of) {
    return of[random.nextInt(of.length)];
  }

  static int one(SplittableRandom random, int[] of) {
    return of[random.nextInt(of.length)];
  }

  static long mac(String text) {
    return Long.parseLong(text.replace(":", ""), 16);
  }
}
