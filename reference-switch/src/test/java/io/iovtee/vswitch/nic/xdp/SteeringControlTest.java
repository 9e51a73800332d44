// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.RxFlowSpec;
import io.iovtee.vswitch.linux.RxFlowTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Steps, roll back and leftovers, on a NIC in memory. */
class SteeringControlTest {
  private static final int[] SPREAD = {0, 1, 2, 3, 0, 1, 2, 3};

  @TempDir Path directory;
  private final Nic nic = new Nic();
  private Path file;
  private SteeringControl steering;

  @BeforeEach
  void open() {
    file = directory.resolve("run/steering-eth0");
    steering = reopened();
  }

  private SteeringControl reopened() {
    return new SteeringControl("eth0", nic, new SteeringRecord(file));
  }

  private static RxFlowSpec spec(String match) {
    return FlowSpecs.of(FrameFilter.readMatch(match));
  }

  private static final RxFlowSpec OURS = spec("dl_dst=02:00:00:00:00:11");
  private static final RxFlowSpec OTHER = spec("udp,nw_dst=10.0.0.2,tp_dst=53");

  /** What a NIC does, and how it fails. */
  private enum Failure {
    RULES,
    INSERT,
    INDIRECTION,
    SET_INDIRECTION,
    /** Takes a rule and changes it. */
    OTHERWISE,
    /** Says that it has another indirection table, and has not. */
    STILL_SPREADS
  }

  private static final class Nic implements RxFlowTable {
    final List<Rule> rules = new ArrayList<>();
    int[] indirection = SPREAD.clone();
    Failure failure;
    int errno = Errno.EINVAL;
    int next = 1000;

    private void failAt(Failure step) {
      if (failure == step) {
        throw new ErrnoException("ioctl(" + step + ")", errno, "interface=eth0");
      }
    }

    @Override
    public int insert(RxFlowSpec spec, int queue) {
      failAt(Failure.INSERT);
      rules.add(new Rule(next, failure == Failure.OTHERWISE ? queue + 1 : queue, spec));
      return next++;
    }

    @Override
    public boolean delete(int location) {
      return rules.removeIf(rule -> rule.location() == location);
    }

    @Override
    public List<Rule> rules() {
      failAt(Failure.RULES);
      return List.copyOf(rules);
    }

    @Override
    public int[] indirection() {
      failAt(Failure.INDIRECTION);
      return indirection.clone();
    }

    @Override
    public void setIndirection(int[] queues) {
      failAt(Failure.SET_INDIRECTION);
      if (failure != Failure.STILL_SPREADS) {
        indirection = queues.clone();
      }
    }
  }

  @Test
  void aFlowGetsAQueueOfItsOwnAndGivesItBack() {
    steering.steer(OURS, 2);
    assertThat(nic.rules).containsExactly(new RxFlowTable.Rule(1000, 2, OURS));
    assertThat(nic.indirection).containsExactly(0, 1, 0, 3, 0, 1, 1, 3);
    assertThat(steering.isSteered(OURS, 2)).isTrue();
    assertThat(steering.isSteered(OURS, 1)).isFalse();
    steering.steer(OURS, 2);
    assertThat(nic.rules).as("asked again").hasSize(1);
    steering.steer(OTHER, 3);
    assertThat(nic.indirection).doesNotContain(2, 3);

    assertThat(steering.unsteer(OURS, 2)).isTrue();
    assertThat(steering.unsteer(OURS, 2)).isFalse();
    assertThat(file).exists();
    assertThat(steering.unsteer(OTHER, 3)).isTrue();
    assertThat(nic.rules).isEmpty();
    assertThat(nic.indirection).containsExactly(SPREAD);
    assertThat(file).doesNotExist();
  }

  @ParameterizedTest
  @EnumSource(Failure.class)
  void aStepThatFailsLeavesTheNicAsItWas(Failure failure) {
    nic.failure = failure;
    assertThatThrownBy(() -> steering.steer(OURS, 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("eth0");
    nic.failure = null;
    assertThat(nic.rules).isEmpty();
    assertThat(nic.indirection).containsExactly(SPREAD);
    assertThat(steering.isSteered(OURS, 2)).isFalse();
    assertThat(file).doesNotExist();
    steering.steer(OURS, 2);
    assertThat(steering.isSteered(OURS, 2)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "95, its driver has none",
    "1, CAP_NET_ADMIN",
    "28, table is full",
    "22, ntuple on",
    "5, EIO"
  })
  void saysWhyTheNicRefused(int errno, String why) {
    nic.failure = Failure.INSERT;
    nic.errno = errno;
    assertThatThrownBy(() -> steering.steer(OURS, 2))
        .hasMessageContaining("eth0 does not do this flow rule")
        .hasMessageContaining(why);
  }

  @Test
  void aQueueThatOthersUseIsNotTaken() {
    nic.rules.add(new RxFlowTable.Rule(7, 2, OTHER));
    assertThatThrownBy(() -> steering.steer(OURS, 2))
        .hasMessageContaining("another flow rule into queue 2, location 7")
        .hasMessageContaining("ethtool -N eth0 delete 7");
    nic.rules.clear();
    nic.indirection = new int[] {2, 2};
    assertThatThrownBy(() -> steering.steer(OURS, 2)).hasMessageContaining("the only one that RSS");
  }

  @Test
  void seesThatSomebodyElseChangedTheNic() {
    steering.steer(OURS, 2);
    nic.indirection[0] = 2;
    assertThat(steering.isSteered(OURS, 2)).as("RSS spills onto the queue").isFalse();
    nic.indirection[0] = 0;
    assertThat(steering.isSteered(OURS, 2)).isTrue();
    nic.rules.clear();
    assertThat(steering.isSteered(OURS, 2)).isFalse();
  }

  @Test
  void leftoversOfACrashAreRemovedAndOthersRulesStay() {
    steering.steer(OURS, 2);
    steering.steer(OTHER, 3);
    // Somebody removed one of ours, and put a rule of their own into its place.
    nic.rules.removeIf(rule -> rule.spec().equals(OTHER));
    RxFlowTable.Rule theirs = new RxFlowTable.Rule(1001, 1, spec("arp"));
    nic.rules.add(theirs);

    SteeringControl next = reopened();
    next.removeLeftovers();
    assertThat(nic.rules).containsExactly(theirs);
    assertThat(nic.indirection).containsExactly(SPREAD);
    assertThat(file).doesNotExist();
    next.removeLeftovers();
    next.close();
    assertThat(nic.rules).containsExactly(theirs);
  }

  /** The crash came between the record and the rule. */
  @Test
  void whatWasOnlyIntendedDoesNoHarm() throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "rule 2 " + OURS + "\nrule x y\nnonsense\nindirection 0 1 2 3\n");
    reopened().removeLeftovers();
    assertThat(nic.rules).isEmpty();
    assertThat(nic.indirection).containsExactly(0, 1, 2, 3);
  }

  @Test
  void closingTakesEverythingOut() {
    steering.steer(OURS, 2);
    steering.steer(OTHER, 3);
    steering.close();
    assertThat(nic.rules).isEmpty();
    assertThat(nic.indirection).containsExactly(SPREAD);
    assertThat(file).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vlan_tci=0|vlan_tci",
        "tcp,tcp_flags=+syn|tcp_flags",
        "icmp,icmp_type=8|icmp_type",
        "ip,nw_ttl=1|nw_ttl",
        "ip,nw_frag=yes|nw_frag",
        "arp,arp_op=1|arp_op",
        "ip,dl_src=02:00:00:00:00:01,nw_dst=10.0.0.1|dl_src"
      })
  void fieldsWithoutAPlaceAreRefusedByName(String match, String field) {
    assertThatThrownBy(() -> spec(match)).hasMessageContaining("no place for " + field);
  }
}
