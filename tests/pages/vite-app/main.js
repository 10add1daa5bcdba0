/**
 * An app as the public page shows it, built by Vite. Nothing in it knows of another server: the package names are
 * aliases, and the server's address is a <meta> tag of the page.
 */
import TIM from 'tim-js-sdk';
import TIMUploadPlugin from 'tim-upload-plugin';

let options = {
  SDKAppID: 1400000001
};
let tim = TIM.create(options);

tim.setLogLevel(1);
tim.registerPlugin({'tim-upload-plugin': TIMUploadPlugin});

window.TIM = TIM;
window.tim = tim;
