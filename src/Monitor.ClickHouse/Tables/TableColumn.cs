namespace Monitor.ClickHouse.Tables;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as <c>system.columns</c> shows it.</param>
internal readonly record struct TableColumn(string Name, string Type);
