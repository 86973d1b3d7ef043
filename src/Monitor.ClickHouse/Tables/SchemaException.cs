namespace Monitor.ClickHouse.Tables;

/// <summary>The server's tables are not those that are written; the message says what is missing, and the remedy.</summary>
internal sealed class SchemaException(string message) : Exception(message);
