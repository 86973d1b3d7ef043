namespace Monitor.Fuzz.Running;

/// <summary>Something did what it must not.</summary>
/// <param name="problem">What.</param>
/// <param name="input">What was sent.</param>
/// <param name="output">What came back; empty where nothing did.</param>
internal sealed class FuzzException(string problem, string input, string output = "")
    : Exception($"{problem}\n  input:  {Shorten(input)}\n  output: {Shorten(output)}")
{
    private static string Shorten(string text) =>
        System.Text.Json.JsonSerializer.Serialize(text.Length < 3000 ? text : text[..3000] + "...");
}
