// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people write: filters, modes, options. */
class XdpTextTest {
  @Test
  void filterReadsAMatchAndWritesItInOneForm() {
    FrameFilter any = FrameFilter.parse(" dl_dst=02:00:00:00:00:AF ");
    assertThat(any).hasToString("dl_dst=02:00:00:00:00:af");
    FrameFilter tagged = FrameFilter.parse("dl_dst=02:00:00:00:00:11,dl_vlan=4094");
    assertThat(tagged).isEqualTo(FrameFilter.parse("dl_vlan=4094 eth_dst=02:00:00:00:00:11"));
    assertThat(FrameFilter.parse(tagged.toString())).isEqualTo(tagged);
    assertThat(tagged).isNotEqualTo(any);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|names no field",
        "dl_dst=02:00:00:00:00|not a match",
        "dl_dst=02:00:00:00:00:1g|not a match",
        "nw_dst=10.0.0.1|needs ip",
        "dl_dst=02:00:00:00:00:11,dl_vlan=4096|not a match",
        "in_port=uplink,dl_dst=02:00:00:00:00:11|leave in_port out",
        "priority=7,dl_dst=02:00:00:00:00:11|no priority",
        "dl_dst=02:00:00:00:00:11,actions=output:nf1|not a match",
        "dl_type=0x05ff|no Ethertype",
        "ipv6,nw_proto=44|an extension header",
        "ipv6,nw_frag=yes|extension header",
        "icmp6,icmp_type=135,nd_target=fe80::/10|can not decide this match: nd_target",
        "icmp6,icmp_type=135,nd_sll=02:00:00:00:00:01|can not decide this match: nd_sll",
        "icmp6,icmp_type=136,nd_tll=02:00:00:00:00:01|can not decide this match: nd_tll",
        "icmp6,icmp_type=136,nd_reserved=0|can not decide this match: nd_reserved",
        "icmp6,icmp_type=136,nd_options_type=0|can not decide this match: nd_options_type"
      })
  void filterSaysWhatTheProgramCanNotDecide(String text, String why) {
    assertThatThrownBy(() -> FrameFilter.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void filterTextHasALimit() {
    assertThatThrownBy(() -> FrameFilter.parse(" ".repeat(2000) + "ip"))
        .hasMessageContaining("at most 1024");
    assertThatThrownBy(() -> FrameFilter.parse("ip\narp")).hasMessageContaining("one line");
  }

  /** A guest that wants completion in order is not mapped on any other queue. */
  @Test
  void buffersAreFilledInOrderWhereTheKernelCopies() {
    assertThat(XdpMode.BEST_EFFORT.candidates())
        .filteredOn(XdpMode::fillsInOrder)
        .containsExactly(XdpMode.NATIVE, XdpMode.GENERIC);
    assertThat(XdpMode.BEST_EFFORT.fillsInOrder()).as("may be zero copy").isFalse();
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

  @Test
  void aNicThatTakesTagsOutIsSaidToAVethIsNot() {
    assertThat(XdpPort.tagAdvice("eth1", "ice", true)).contains("ethtool -K eth1 rxvlan off");
    assertThat(XdpPort.tagAdvice("eth1", "ice", false)).isEmpty();
    assertThat(XdpPort.tagAdvice("veth0", "veth", true)).isEmpty();
  }
}
