using System.Globalization;
using System.Text;

namespace Monitor.Server;

/// <summary>
/// Writes for people who need not be there: what cannot be written, because the disk of a log is full, is lost, and how much that
/// was is said as soon as there is room. A program that watches a network must not end for its log. Not safe for threads.
/// </summary>
/// <param name="inner">Where it writes to. The caller disposes of it.</param>
public sealed class LossyWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    private long _lost;

    /// <inheritdoc />
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Makes standard error one, for everything in this process that writes there, the log included.</summary>
    public static void UseForStandardError() => Console.SetError(new LossyWriter(Console.Error));

    /// <inheritdoc />
    public override void Write(char value) => Write(value.ToString());

    /// <inheritdoc />
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc />
    public override void Write(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        try
        {
            if (_lost > 0)
            {
                // The last line may be there in part.
                inner.Write(string.Create(CultureInfo.InvariantCulture, $"\n({_lost} messages before this could not be written: no room)\n"));
                _lost = 0;
            }

            inner.Write(value);
        }
        catch (IOException)
        {
            _lost++;
        }
    }

    /// <inheritdoc />
    public override void WriteLine(string? value) => Write(value + "\n");

    /// <inheritdoc />
    public override void WriteLine() => Write("\n");

    /// <inheritdoc />
    public override void Flush()
    {
        try
        {
            inner.Flush();
        }
        catch (IOException)
        {
            // Counted when it was written.
        }
    }
}
