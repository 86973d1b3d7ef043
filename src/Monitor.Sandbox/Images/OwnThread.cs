namespace Monitor.Sandbox.Images;

/// <summary>
/// Runs what gives up rights on a thread of its own: where it fails in the middle, that thread ends, and all others have
/// what they had.
/// </summary>
public static class OwnThread
{
    /// <summary>Runs it and waits.</summary>
    /// <param name="action">What to run; where it starts another image, nothing returns.</param>
    /// <returns>Why it failed; null where it did not.</returns>
    public static SandboxException? Run(Action action)
    {
        SandboxException? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (SandboxException failure)
            {
                failed = failure;
            }
        });
        thread.Start();
        thread.Join();
        return failed;
    }
}
