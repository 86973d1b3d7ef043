using Monitor.Sandbox.Images;

namespace Monitor.Sandbox.Tests;

internal sealed class MessageTests
{
    [Test]
    public void Message_WrittenAndTaken_IsTheSameAndIsClosed()
    {
        var message = SealedMessage.Write("hello"u8);

        Assert.That(SealedMessage.Take(message.DescriptorNumber), Is.EqualTo("hello"u8.ToArray()));
        Assert.That(() => SealedMessage.Take(message.DescriptorNumber), Throws.TypeOf<SandboxException>());
#pragma warning disable CA1816 // Taking it has closed the descriptor, whose number may be another's by the time of the finalizer.
        GC.SuppressFinalize(message);
#pragma warning restore CA1816
    }

    [Test]
    public void Message_TooLong_IsRefused() =>
        Assert.That(() => SealedMessage.Write(new byte[SealedMessage.MaxBytes + 1]), Throws.TypeOf<SandboxException>());

    [TestCase(-1)]
    [TestCase(0)]
    [TestCase(2)]
    [TestCase(100_000)]
    public void Descriptor_OfNoMessage_IsRefused(int descriptor) =>
        Assert.That(() => SealedMessage.Take(descriptor), Throws.TypeOf<SandboxException>());

    [Test]
    public void File_IsNoMessage()
    {
        using var file = File.OpenHandle("/proc/self/status");

        Assert.That(() => SealedMessage.Take((int)file.DangerousGetHandle()), Throws.TypeOf<SandboxException>());
    }
}
