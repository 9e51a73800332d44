// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.tap;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals that a test can not bring about on every machine. */
final class TapPortTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "open | 2 | /dev/net/tun is missing: modprobe tun; in a container: --device /dev/net/tun",
        "open | 19 | /dev/net/tun is missing: modprobe tun",
        "open | 13 | /dev/net/tun may not be opened: chmod 0666 /dev/net/tun",
        "open | 24 | EMFILE",
        "ioctl(TUNSETIFF) | 1 | interface t0: run as root or with CAP_NET_ADMIN, effective are [",
        "ioctl(SIOCSIFMTU) | 1 | interface t0: run as root or with CAP_NET_ADMIN, effective are [",
        "ioctl(TUNSETIFF) | 16 | interface t0 is taken: another program has this tap interface",
        "ioctl(TUNSETIFF) | 12 | interface t0: ioctl(TUNSETIFF) failed: ENOMEM",
      })
  void saysWhatIsMissingAndWhatToDo(String call, int errno, String words) {
    TapPortOptions options = new TapPortOptions("t0", null, 1, 0, "");
    assertThat(TapPort.refusal(options, new ErrnoException(call, errno, ""))).contains(words);
  }

  @ParameterizedTest
  @CsvSource({"1, on and queues is 1", "2, off and queues is above 1"})
  void anInterfaceMadeForAnotherNumberOfQueuesIsNamed(int queues, String words) {
    TapPortOptions options = new TapPortOptions("t0", null, queues, 0, "");
    ErrnoException refused = new ErrnoException("ioctl(TUNSETIFF)", Errno.EINVAL, "");
    assertThat(TapPort.refusal(options, refused)).contains("multi_queue " + words);
  }
}
