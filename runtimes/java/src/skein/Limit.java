package skein;

/** A named limit of the machine or of the row that stands in the way: a result, no failure. */
public final class Limit extends RuntimeException {
  private static final long serialVersionUID = 1;

  final String name;
  final Long value; // null where there is no number
  final Long needed;

  public Limit(String name, Long value, Long needed, String message) {
    super(message);
    this.name = name;
    this.value = value;
    this.needed = needed;
  }
}
