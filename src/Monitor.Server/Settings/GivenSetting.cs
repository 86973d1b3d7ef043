namespace Monitor.Server.Settings;

/// <summary>A setting as somebody gave it.</summary>
/// <param name="Setting">Which.</param>
/// <param name="Text">Its text; of a list, the items joined by commas.</param>
/// <param name="Source">Where it was given, as messages name it: "--limit", "MONITOR_LIMIT", "limit in a.json".</param>
internal readonly record struct GivenSetting(Setting Setting, string Text, string Source);
