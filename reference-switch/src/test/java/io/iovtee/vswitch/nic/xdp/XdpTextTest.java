// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people write: filters, modes, options. */
class XdpTextTest {
  @Test
  void filterReadsAMacAddressAndAVlan() {
    FrameFilter any = FrameFilter.parse(" dl_dst=02:00:00:00:00:AF ");
    assertThat(any.mac()).containsExactly(2, 0, 0, 0, 0, 0xaf);
    assertThat(any.vlan()).isEqualTo(FrameFilter.ANY_VLAN);
    assertThat(any).hasToString("dl_dst=02:00:00:00:00:af");
    FrameFilter tagged = FrameFilter.parse("dl_dst=02:00:00:00:00:11,dl_vlan=4094");
    assertThat(tagged.vlan()).isEqualTo(4094);
    assertThat(tagged).hasToString("dl_dst=02:00:00:00:00:11,dl_vlan=4094");
    assertThat(FrameFilter.parse(tagged.toString())).hasToString(tagged.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "dl_dst=02:00:00:00:00",
        "dl_dst=02:00:00:00:00:11:22",
        "dl_dst=02:00:00:00:00:1g",
        "dl_src=02:00:00:00:00:11",
        "dl_dst=02:00:00:00:00:11/ff:00:00:00:00:00",
        "dl_dst=02:00:00:00:00:11,nw_dst=10.0.0.1",
        "dl_dst=02:00:00:00:00:11,dl_vlan=4095",
        "dl_dst=02:00:00:00:00:11,dl_vlan=99999"
      })
  void filterRefusesWhatTheProgramCannotMatch(String text) {
    assertThat(FrameFilter.parse(text)).isNull();
  }

  @Test
  void modesHaveTheNamesOfOpenVswitch() {
    for (XdpMode mode : XdpMode.values()) {
      assertThat(XdpMode.of(mode.label())).isEqualTo(mode);
    }
    assertThatThrownBy(() -> XdpMode.of("zerocopy"))
        .hasMessage("xdp mode must be native-zerocopy, native, generic or best-effort: zerocopy");
    assertThat(XdpMode.BEST_EFFORT.candidates())
        .containsExactly(XdpMode.NATIVE_ZEROCOPY, XdpMode.NATIVE, XdpMode.GENERIC);
    assertThat(XdpMode.NATIVE.candidates()).containsExactly(XdpMode.NATIVE);
  }

  @Test
  void optionsAreChecked() {
    XdpPortOptions options = XdpPortOptions.of("eth0");
    for (int size : new int[] {0, 32, 100, 32768, -64}) {
      assertThatThrownBy(() -> options.withRingSize(size))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("ringSize=" + size);
    }
    for (int queues : new int[] {-1, 257}) {
      assertThatThrownBy(() -> options.withQueues(queues))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("queues=" + queues);
    }
  }
}
