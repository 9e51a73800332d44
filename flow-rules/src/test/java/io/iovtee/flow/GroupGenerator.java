// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowGroup.Selection;
import io.iovtee.flow.FlowGroup.Selection.Method;
import io.iovtee.flow.FlowGroup.Type;
import io.iovtee.flow.FlowMeter.Band;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random groups and meters from a seed. */
public final class GroupGenerator {
  private final Random random;
  private final RuleGenerator rules;

  public GroupGenerator(long seed) {
    random = new Random(seed);
    rules = new RuleGenerator(seed, false);
  }

  /** Any group. */
  public FlowGroup nextGroup() {
    Type type = Type.values()[random.nextInt(Type.values().length)];
    int count = type == Type.INDIRECT ? 1 : random.nextInt(5);
    List<Bucket> buckets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean watches = type == Type.FAST_FAILOVER || (type == Type.SELECT && random.nextBoolean());
      long id = random.nextBoolean() ? i : FlowGroup.ID_MAX - i;
      int weight = type == Type.SELECT ? random.nextInt(4) : 0;
      boolean watchesPort = watches && random.nextBoolean();
      Long group = watches && (!watchesPort || random.nextBoolean()) ? random.nextLong(9) : null;
      buckets.add(new Bucket(id, weight, watchesPort ? "nf" + i : null, group, nextActions()));
    }
    Selection selection = type == Type.SELECT ? nextSelection() : Selection.DEFAULT;
    return new FlowGroup(random.nextLong(FlowGroup.ID_MAX + 1), type, selection, buckets);
  }

  private Selection nextSelection() {
    return switch (random.nextInt(3)) {
      case 0 -> Selection.DEFAULT;
      case 1 -> new Selection(Method.DP_HASH, random.nextLong() & 0x1_ffff_ffffL, List.of());
      default -> new Selection(Method.HASH, random.nextLong(), nextFields());
    };
  }

  private List<FieldMatch> nextFields() {
    List<FieldMatch> fields = new ArrayList<>();
    for (MatchField field : MatchField.values()) {
      if (field != MatchField.IN_PORT && random.nextInt(8) == 0) {
        boolean masked = field == MatchField.NW_SRC || field == MatchField.IPV6_DST;
        long high = field.isWide() ? -1L : 0;
        long mask = masked ? (random.nextLong() & field.exactMask()) | 1 : field.exactMask();
        fields.add(new FieldMatch(field, high, mask, high, mask));
      }
    }
    return fields;
  }

  /** Of a rule's actions those that a set holds. */
  private List<Action> nextActions() {
    List<Action> actions = new ArrayList<>();
    if (random.nextInt(4) == 0) {
      actions.add(new Action.Meter(1 + random.nextLong(FlowMeter.ID_MAX)));
    }
    for (Action action : rules.nextActions(Match.ANY)) {
      List<Action> more = new ArrayList<>(actions);
      more.add(action);
      try {
        ActionSet.check(more);
        actions = more;
      } catch (IllegalArgumentException e) {
        // a set has no second one
      }
    }
    if (actions.isEmpty()) {
      actions.add(new Action.Group(random.nextInt(9)));
    }
    return actions;
  }

  /** Any meter. */
  public FlowMeter nextMeter() {
    List<Band> bands = new ArrayList<>();
    boolean bursts = random.nextBoolean();
    int count = 1 + random.nextInt(FlowMeter.BANDS_MAX);
    for (int i = 0; i < count; i++) {
      boolean marks = random.nextBoolean();
      bands.add(
          new Band(
              marks ? Band.Type.DSCP_REMARK : Band.Type.DROP,
              1 + random.nextLong(FlowMeter.NUMBER_MAX),
              bursts ? 1 + random.nextLong(FlowMeter.NUMBER_MAX) : 0,
              marks ? 1 + random.nextInt(Band.PREC_LEVEL_MAX) : 0));
    }
    return new FlowMeter(
        1 + random.nextLong(FlowMeter.ID_MAX),
        random.nextBoolean() ? FlowMeter.Unit.KBPS : FlowMeter.Unit.PKTPS,
        bands);
  }
}
