// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** A YAML document as plain maps and lists, with the line where each key stands. */
final class YamlFile {
  /** Bytes of a configuration at most: a hand-written file is far smaller. */
  static final int LENGTH_MAX = 16 << 20;

  private final String name;
  private final Map<String, Object> root;
  private final Map<String, Integer> lines = new HashMap<>();

  private YamlFile(String name, Map<String, Object> root) {
    this.name = name;
    this.root = root;
  }

  static YamlFile parse(String text, String name) {
    if (text.length() > LENGTH_MAX) {
      throw new ConfigException(
          "%s: a configuration has at most %d bytes: length=%d"
              .formatted(name, LENGTH_MAX, text.length()));
    }
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(name)
            .setSchema(new CoreSchema())
            .setAllowDuplicateKeys(false)
            .setUseMarks(true)
            .build();
    try {
      Object value = new Load(settings).loadFromString(text);
      YamlFile file = new YamlFile(name, rootMap(value, name));
      Optional<Node> node = new Compose(settings).composeString(text);
      node.ifPresent(n -> file.noteLines(n, ""));
      return file;
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(m -> m.getLine() + 1).orElse(1);
      int column = e.getProblemMark().map(m -> m.getColumn() + 1).orElse(1);
      throw new ConfigException(
          "%s:%d:%d: not YAML: %s".formatted(name, line, column, e.getProblem()), e);
    } catch (YamlEngineException e) {
      throw new ConfigException("%s: not YAML: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** Stands for a request that no file carried. */
  static YamlFile none() {
    return new YamlFile("request", Map.of());
  }

  private static Map<String, Object> rootMap(Object value, String name) {
    if (value == null) {
      return Map.of();
    }
    if (value instanceof Map<?, ?> map) {
      return stringKeys(map, name, "");
    }
    throw new ConfigException(
        name + ":1: the file must be a mapping with the keys switch, loops, ports, flows, plugins");
  }

  /** The mapping with string keys; YAML allows others, we do not. */
  static Map<String, Object> stringKeys(Map<?, ?> map, String name, String path) {
    Map<String, Object> result = new LinkedHashMap<>();
    map.forEach((key, value) -> {
      if (!(key instanceof String text)) {
        throw new ConfigException(
            "%s: a key must be text: %s%s".formatted(name, path.isEmpty() ? "" : path + ".", key));
      }
      result.put(text, value);
    });
    return result;
  }

  private void noteLines(Node node, String path) {
    node.getStartMark().ifPresent(mark -> lines.putIfAbsent(path, mark.getLine() + 1));
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key) {
          String child = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
          key.getStartMark().ifPresent(mark -> lines.put(child, mark.getLine() + 1));
          noteLines(tuple.getValueNode(), child);
        }
      }
    } else if (node instanceof SequenceNode sequence) {
      int index = 0;
      for (Node item : sequence.getValue()) {
        noteLines(item, path + "[" + index++ + "]");
      }
    }
  }

  Map<String, Object> root() {
    return root;
  }

  /** {@code file:line}, of the key or of the nearest one around it. */
  String at(String path) {
    String key = path;
    while (!lines.containsKey(key) && !key.isEmpty()) {
      int cut = Math.max(key.lastIndexOf('.'), key.lastIndexOf('['));
      key = cut < 0 ? "" : key.substring(0, cut);
    }
    return name + ":" + lines.getOrDefault(key, 1);
  }
}
