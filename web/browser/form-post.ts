/**
 * Sends the form of the page that carries an answer to an application (OAuth 2.0 Form Post Response Mode §2). Without it,
 * `Continue` does.
 *
 * Sent while the page still loads, so that the browser puts the application in its place: the back button does not come
 * upon a code that is spent.
 */
document.querySelector<HTMLFormElement>('#form-post')?.submit()
