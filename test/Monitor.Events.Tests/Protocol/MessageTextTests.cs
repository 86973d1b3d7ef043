using Monitor.Protocol;

namespace Monitor.Events.Tests;

public sealed class MessageTextTests
{
    [TestCase("", "")]
    [TestCase("12345678", "12345678")]
    [TestCase("123456789", "12345...")]
    [TestCase("1\r\n2\n3", "1 2 3")]
    [TestCase("1234\U0001F600789", "1234...")]
    [TestCase("\u001b[3m\t\u0000\u007f", "\uFFFD[3m\t\uFFFD\uFFFD")]
    [TestCase("a\u009bb", "a\uFFFDb")]
    public void Shorten_Text_IsOneLineOfAtMostTheLength(string text, string expected)
    {
        Assert.That(MessageText.Shorten(text, 8), Is.EqualTo(expected));
    }
}
