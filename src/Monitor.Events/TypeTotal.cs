namespace Monitor.Events;

/// <summary>How many events of one type were appended.</summary>
/// <param name="Type">The type.</param>
/// <param name="Events">How many.</param>
public readonly record struct TypeTotal(string Type, long Events);
