package skein;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON to maps, lists, strings, numbers, booleans and null, and back. As much of it as a line of the
 * protocol needs: the text is whole before it is read.
 */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** The object that a text is; an IllegalArgumentException where it is none. */
  static Map<String, Object> object(String text) {
    var reader = new Json(text);
    if (!(reader.value() instanceof Map<?, ?> found) || reader.peek() != 0) {
      throw reader.wrong("an object");
    }
    return typed(found);
  }

  /** An object that was read within another. */
  static Map<String, Object> typed(Map<?, ?> object) {
    var typed = new LinkedHashMap<String, Object>();
    object.forEach((name, value) -> typed.put((String) name, value));
    return typed;
  }

  /** A number whose highest bit is no sign. */
  static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  static String text(Object value) {
    var out = new StringBuilder();
    write(out, value);
    return out.toString();
  }

  // --- reading

  private Object value() {
    return switch (peek()) {
      case '{' -> map();
      case '[' -> list();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> map() {
    var found = new LinkedHashMap<String, Object>();
    expect('{');
    if (has('}')) return found;
    do {
      peek();
      String name = string();
      expect(':');
      found.put(name, value());
    } while (has(','));
    expect('}');
    return found;
  }

  private List<Object> list() {
    var found = new ArrayList<Object>();
    expect('[');
    if (has(']')) return found;
    do {
      found.add(value());
    } while (has(','));
    expect(']');
    return found;
  }

  private String string() {
    expect('"');
    var found = new StringBuilder();
    while (at < text.length() && text.charAt(at) != '"') {
      char next = text.charAt(at++);
      found.append(next == '\\' ? escaped() : next);
    }
    expect('"');
    return found.toString();
  }

  private char escaped() {
    char which = at < text.length() ? text.charAt(at++) : 0;
    return switch (which) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case '"', '\\', '/' -> which;
      case 'u' -> {
        if (at + 4 > text.length()) throw wrong("four digits");
        at += 4;
        yield (char) Integer.parseInt(text.substring(at - 4, at), 16);
      }
      default -> throw wrong("an escape");
    };
  }

  private Object word(String word, Object meaning) {
    if (!text.startsWith(word, at)) throw wrong(word);
    at += word.length();
    return meaning;
  }

  /** A Long, a BigInteger where that is too small, or a Double. */
  private Object number() {
    int begin = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
    String digits = text.substring(begin, at);
    if (digits.isEmpty()) throw wrong("a value");
    if (digits.chars().anyMatch(each -> ".eE".indexOf(each) >= 0)) return Double.valueOf(digits);
    var whole = new BigInteger(digits);
    return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
  }

  /** The next character that is no white space, or 0 at the end. */
  private char peek() {
    while (at < text.length() && text.charAt(at) <= ' ') at++;
    return at < text.length() ? text.charAt(at) : 0;
  }

  private boolean has(char wanted) {
    if (peek() != wanted) return false;
    at++;
    return true;
  }

  private void expect(char wanted) {
    if (!has(wanted)) throw wrong("'" + wanted + "'");
  }

  private IllegalArgumentException wrong(String wanted) {
    return new IllegalArgumentException("expected " + wanted + " at " + at + " of: " + text);
  }

  // --- writing

  private static void write(StringBuilder out, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        String comma = "{";
        for (var each : map.entrySet()) {
          quote(out.append(comma), (String) each.getKey());
          write(out.append(':'), each.getValue());
          comma = ",";
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      case List<?> list -> {
        String comma = "[";
        for (var each : list) {
          write(out.append(comma), each);
          comma = ",";
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case String string -> quote(out, string);
      case null, default -> out.append(value);
    }
  }

  private static void quote(StringBuilder out, String string) {
    out.append('"');
    for (char each : string.toCharArray()) {
      switch (each) {
        case '"', '\\' -> out.append('\\').append(each);
        case '\n' -> out.append("\\n");
        default -> out.append(each < ' ' ? "\\u%04x".formatted((int) each) : each);
      }
    }
    out.append('"');
  }
}
